"""What marketpay takes, beside what the same work takes when written by hand."""
