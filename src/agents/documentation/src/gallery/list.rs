//! Which files belong to which template of the gallery?

/// Name, template, and the JSON file about it.
pub(super) const FILES: &[(&str, &str, &str)] = &[
    ("incident_report", include_str!("../../gallery/incident_report.md"), include_str!("../../gallery/incident_report.json")),
    ("weekly_status", include_str!("../../gallery/weekly_status.md"), include_str!("../../gallery/weekly_status.json")),
    ("release_notes", include_str!("../../gallery/release_notes.md"), include_str!("../../gallery/release_notes.json")),
    ("meeting_minutes", include_str!("../../gallery/meeting_minutes.md"), include_str!("../../gallery/meeting_minutes.json")),
    ("readme", include_str!("../../gallery/readme.md"), include_str!("../../gallery/readme.json")),
    ("decision_record", include_str!("../../gallery/decision_record.md"), include_str!("../../gallery/decision_record.json")),
    ("runbook", include_str!("../../gallery/runbook.md"), include_str!("../../gallery/runbook.json")),
    ("data_summary", include_str!("../../gallery/data_summary.md"), include_str!("../../gallery/data_summary.json")),
    ("invoice", include_str!("../../gallery/invoice.md"), include_str!("../../gallery/invoice.json")),
    ("job_posting", include_str!("../../gallery/job_posting.md"), include_str!("../../gallery/job_posting.json")),
    ("project_proposal", include_str!("../../gallery/project_proposal.md"), include_str!("../../gallery/project_proposal.json")),
    ("test_report", include_str!("../../gallery/test_report.md"), include_str!("../../gallery/test_report.json")),
    ("checklist", include_str!("../../gallery/checklist.md"), include_str!("../../gallery/checklist.json")),
    ("announcement_email", include_str!("../../gallery/announcement_email.txt"), include_str!("../../gallery/announcement_email.json")),
    ("status_page", include_str!("../../gallery/status_page.html"), include_str!("../../gallery/status_page.json")),
];
