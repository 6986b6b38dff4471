"""Pages that question a trained network: its mistakes, reasons, weaknesses and inner geometry."""
