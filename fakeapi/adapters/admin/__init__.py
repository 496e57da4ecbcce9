"""/_fakeapi/: everything that the tester's desk can do, JSON in and JSON out.

guard        who may ask: loopback hosts, never another site's page
operations   the table of operations, each a small function of a Desk
desk         one session of a server, as the operations see it
"""
