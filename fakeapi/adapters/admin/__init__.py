"""/_fakeapi/: everything that the tester's desk can do, JSON in and JSON out.

door         the way in from ASGI: who may ask, bodies, answers; hundreds may wait
guard        who may ask: loopback hosts, never another site's page
operations   the table of operations, each a small function of a Desk and what was asked
asking       a request, read; faults name place and mend
desk         one session of a server: its life, clock and settings
shelf        its rules
archive      its journal
watching     a verification that may wait until it holds
"""
