"""What may be asked: one class for each question, one file for each topic.  A question is data."""
