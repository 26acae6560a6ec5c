"""What a person sees: wall, queue, alert; and the command line, which is a door too."""
