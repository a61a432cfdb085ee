"""Questionnaires that students fill in about themselves (问表式自测): declared as data, scored by pure functions."""
