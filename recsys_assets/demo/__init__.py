"""A made-up but complete music world, from a seed, written as a landing zone with its truth kept apart."""
