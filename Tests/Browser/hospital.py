"""The demonstration hospital, seen from a browser."""

from program import LOGIN, PASSWORD


class Hospital:
    """The served demonstration: its address, and the checklists by fiscal year."""

    def __init__(self, server, checklists, cookie):
        self.url = server.url
        self.year = {each["fiscal_year"]: f"/assessments/{each['id']}" for each in checklists}
        self.checklist = self.year[2026]
        self.report = self.checklist.replace("assessments", "reports")
        self.cookie = cookie

    def item(self, number, **more):
        """Where an item of this year opens; each test takes a number of its own."""
        query = "".join(f"&{key}={value}" for key, value in more.items())
        return f"{self.checklist}?item=r7-med-{number}{query}#r7-med-{number}"


def sign_in(page, login=LOGIN, password=PASSWORD):
    page.get_by_label("利用者名").fill(login)
    page.get_by_label("パスワード").fill(password)
    page.get_by_role("button", name="サインインする").click()
