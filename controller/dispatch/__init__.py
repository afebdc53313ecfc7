"""What puts attempts on nodes."""
