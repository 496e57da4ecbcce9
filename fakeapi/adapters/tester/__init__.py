"""The Python surface: what a test says to a server, in process or running somewhere.

lines      the ways to a server's admin API: direct, or over HTTP
calls      what came, as values to look at
tester     one session: rules, calls, assertions, clock
server     a server of one's own, in a thread
"""
