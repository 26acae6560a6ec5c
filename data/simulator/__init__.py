"""The synthetic world: registers with planted, known mechanisms, and the office that verified what they raised."""
