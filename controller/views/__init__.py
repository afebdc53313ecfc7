"""What people look at: terminal, tables, report page."""
