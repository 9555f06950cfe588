"""The rules of a marketplace: no I/O, no clock, no float."""
