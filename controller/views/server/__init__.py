"""`heirloom serve`: the page, live, for a browser.

Journals are read on the local disk, each in a thread of its own; the store is read in threads that
may hang. Neither blocks the event loop, which answers the browsers.
"""
