import React, { useEffect, useMemo, useState } from 'react';
import DOMPurify from 'dompurify';
import { marked } from 'marked';

interface Release {
  tag: string;
  publishedAt: string;
  notes: string;
}

interface Props {
  project: string;
}

const SANITIZE = {
  ALLOWED_TAGS: ['p', 'ul', 'ol', 'li', 'a', 'code', 'pre', 'em', 'strong', 'h2', 'h3', 'blockquote', 'br'],
  ALLOWED_ATTR: ['href', 'title'],
};

function toHtml(markdown: string): string {
  const raw = marked.parse(markdown, { gfm: true, async: false }) as string;
  return DOMPurify.sanitize(raw, SANITIZE);
}

function Notes({ markdown }: { markdown: string }) {
  const html = useMemo(() => toHtml(markdown), [markdown]);
  return <div className="notes" dangerouslySetInnerHTML={{ __html: html }} />;
}

export default function ReleaseNotes({ project }: Props) {
  const [releases, setReleases] = useState<Release[]>([]);
  const [failed, setFailed] = useState(false);

  useEffect(() => {
    const controller = new AbortController();
    fetch(`/api/projects/${encodeURIComponent(project)}/releases`, { signal: controller.signal })
      .then((r) => {
        if (!r.ok) throw new Error(String(r.status));
        return r.json();
      })
      .then((list: Release[]) => setReleases(list))
      .catch((e: Error) => {
        if (e.name !== 'AbortError') setFailed(true);
      });
    return () => controller.abort();
  }, [project]);

  if (failed) {
    return <p role="alert">Release notes are not available at the moment.</p>;
  }
  return (
    <ol className="releases">
      {releases.map((r) => (
        <li key={r.tag}>
          <h2>{r.tag}</h2>
          <time dateTime={r.publishedAt}>{r.publishedAt.slice(0, 10)}</time>
          <Notes markdown={r.notes} />
        </li>
      ))}
    </ol>
  );
}
