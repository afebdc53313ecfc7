"""A search with each tool. A program runs in the tool's environment, beside `trial.py`.

`python PROGRAM run DIRECTORY KIND TRIALS SECONDS` runs a search or goes on with it;
`python PROGRAM results DIRECTORY KIND TRIALS SECONDS` prints the values that the tool knows of, one
for each trial that has succeeded, as a JSON list. KIND is `search`, a random search, or `pbt`. A
trial takes so many seconds, and notes its begin and its end in a file.
"""
