"""The page itself: markup, style and script, put together by `tasks.report.write_report`."""
