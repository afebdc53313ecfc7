"""The graph of a candidate's network, with what it inherited."""
