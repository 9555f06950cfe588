"""What each side does, run by the interpreter that has what it imports."""
