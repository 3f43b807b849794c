"""What the doctor found out about one thing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `remedy` says what to do when it is not well."""

    subject: str
    state: str
    remedy: str = ""
    is_fault: bool = False

    def line(self) -> str:
        """The finding as a line for a terminal."""
        mark = "✗" if self.is_fault else ("!" if self.remedy else "✓")
        return f"{mark} {self.subject}: {self.state}" + (f"\n    {self.remedy}" if self.remedy else "")
