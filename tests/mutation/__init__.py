"""Do the tests notice faults? Inserts faults into the code, one at a time, and runs the tests related to each."""
