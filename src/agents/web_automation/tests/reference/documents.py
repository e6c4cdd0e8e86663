"""Makes the documents beside this script with other people's writers: python-docx, reportlab and Python's own email package."""

import email.message
import email.policy
from pathlib import Path

from docx import Document
from docx.shared import Pt
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.platypus import PageBreak, Paragraph, SimpleDocTemplate, Table

HERE = Path(__file__).parent

document = Document()
document.core_properties.title = "Support in autumn"
document.core_properties.author = "M. Laurent"
document.add_heading("Support in autumn", 0)
document.add_heading("Summary", 1)
paragraph = document.add_paragraph("Tickets rose by ")
paragraph.add_run("12 %").bold = True
paragraph.add_run(", as [expected]; ")
paragraph.add_run("much").italic = True
paragraph.add_run(" more * than before.")
document.add_paragraph("One product", style="List Bullet")
document.add_paragraph("Two causes", style="List Bullet")
document.add_paragraph("The sign-in", style="List Bullet 2")
document.add_heading("Steps", 2)
document.add_paragraph("Mend it", style="List Number")
document.add_paragraph("Tell them", style="List Number")
table = document.add_table(rows=3, cols=2)
for row, cells in enumerate([("Cause", "Tickets"), ("Sign-in | SSO", "1310"), ("Invoices", "890")]):
    for column, text in enumerate(cells):
        table.cell(row, column).text = text
merged = document.add_table(rows=1, cols=3)
merged.cell(0, 0).merge(merged.cell(0, 1)).text = "wide"
merged.cell(0, 2).text = "narrow"
document.add_paragraph("Ünïcode – 数据 & <tags>").runs[0].font.size = Pt(12)
document.save(HERE / "report.docx")

styles = getSampleStyleSheet()
pdf = SimpleDocTemplate(str(HERE / "report.pdf"), pagesize=A4, title="Support in autumn", author="M. Laurent", invariant=1)
pdf.build([
    Paragraph("Support in autumn", styles["Title"]),
    Paragraph("Tickets rose by 12 %, and the first answer came faster.", styles["BodyText"]),
    Table([["Cause", "Tickets"], ["Sign-in", "1310"], ["Invoices", "890"]]),
    PageBreak(),
    Paragraph("The second page says something else.", styles["BodyText"]),
])

locked = SimpleDocTemplate(str(HERE / "locked.pdf"), pagesize=A4, encrypt="secret", invariant=1)
locked.build([Paragraph("Nobody reads this.", styles["BodyText"])])

inner = email.message.EmailMessage(policy=email.policy.SMTP)
inner["Subject"] = "The first"
inner["From"] = "c@example.org"
inner.set_content("Within another.\n")
message = email.message.EmailMessage(policy=email.policy.SMTP)
message["From"] = "Zoë Müller <zoe@example.org>"
message["To"] = "Ann <ann@example.org>, bob@example.org"
message["Subject"] = "Quartalszahlen für Müller & Söhne – 第三季度"
message["Date"] = "Tue, 03 Nov 2026 10:15:00 +0100"
message["Message-ID"] = "<1@example.org>"
message["References"] = "<a@example.org> <b@example.org>"
message.set_content("Guten Tag,\n\nanbei die Zahlen. Grüße\n")
message.add_alternative("<html><body><p>Guten Tag,</p><p>anbei die <b>Zahlen</b>.</p></body></html>", subtype="html")
message.add_attachment(b"a,b\n1,2\n", maintype="text", subtype="csv", filename="Zahlen für Zoë.csv")
message.add_attachment(b"\x00\x01\x02", maintype="application", subtype="octet-stream", filename="../../etc/passwd")
message.add_attachment(inner)
text = message.as_bytes().decode("utf-8")
# The boundaries are drawn by lot.
import re
for number, boundary in enumerate(dict.fromkeys(re.findall(r'boundary="([^"]+)"', text))):
    text = text.replace(boundary, f"=={number}==")
(HERE / "message.eml").write_bytes(text.encode("utf-8"))
