"""The growth card (学生发展储值卡): which points there are, what a value brings, when it is due, and what is posted."""
