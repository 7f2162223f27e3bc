package ha
