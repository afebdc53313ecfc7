"""Reading, following and writing an experiment with many trials, and the memory that it takes."""
