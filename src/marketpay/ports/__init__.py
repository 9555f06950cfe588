"""What the rules need from the world, as Protocols and plain values.  Nothing here acts."""
