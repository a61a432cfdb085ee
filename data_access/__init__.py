"""Where rows live and how they come in and out: lake, database, intake, readers."""
