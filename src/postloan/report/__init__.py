"""From tidy results to sections, and from sections to HTML, PDF, Excel and figures.json."""
