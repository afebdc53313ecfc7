"""The page: what a search does and found, live from a server or as one file without network."""
