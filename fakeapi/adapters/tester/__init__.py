"""The Python surface: what a test says to a server, in process or running somewhere.

server     a server of one's own, in a thread; and the ways to others
tester     one session: rules, calls, assertions, clock
saying     what is to be answered: the words of the surface, as rules
calls      what came, as values to look at
lines      the ways to a server's admin API: direct, or over HTTP
places     where a test stands, for errors
"""
