"""What was known then: the one door to the past, one function a feature."""
