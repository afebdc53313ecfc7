"""What a supervisor waits for on its node: wakeups, verdicts and verified parents."""
