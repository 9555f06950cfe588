"""The rules of a marketplace: values, entities, lifecycles and money.  No I/O, no clock, no float."""
