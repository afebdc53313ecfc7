"""The reading tables: what readers need of an experiment, beside the events in its journal.

The events are the truth. The tables are the state that the events up to a number lead to, written
by the controller in a transaction with events. A reader takes them and applies the events after
that number, so that its cost does not grow with the journal. Tables that another version wrote, or
that do not fit the events, are ignored; the next controller writes them anew.
"""
