"""What happened: tables, registers, feeds, collision models, alerts and their states, simulator."""
