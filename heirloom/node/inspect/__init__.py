"""What a node reports about itself and about the store."""
