"""How things look: pure functions from values to components and figures. Knows no store and no user."""
