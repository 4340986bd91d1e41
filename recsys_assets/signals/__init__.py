"""Events to evidence: what each listener did to each track, counted per day. Weighing it is ``play_matrix``."""
