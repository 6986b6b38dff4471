"""Do the tests notice? Puts faults into the code, one at a time, and runs the tests that concern each of them."""
