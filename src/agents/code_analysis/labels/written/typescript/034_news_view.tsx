import { useEffect, useState } from 'react';

interface News {
  id: string;
  title: string;
  paragraphs: string[];
  source: string;
}

interface Props {
  newsId: string;
}

function webLink(value: string): string | null {
  try {
    const url = new URL(value);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

export function NewsView({ newsId }: Props) {
  const [news, setNews] = useState<News | null>(null);

  useEffect(() => {
    const controller = new AbortController();
    fetch(`/api/news/${encodeURIComponent(newsId)}`, { signal: controller.signal })
      .then((response) => (response.ok ? response.json() : null))
      .then((data: News | null) => setNews(data))
      .catch(() => setNews(null));
    return () => controller.abort();
  }, [newsId]);

  if (!news) {
    return <p>Loading…</p>;
  }
  const source = webLink(news.source);
  return (
    <article>
      <h1>{news.title}</h1>
      {news.paragraphs.map((paragraph, index) => (
        <p key={index}>{paragraph}</p>
      ))}
      {source && (
        <a href={source} target="_blank" rel="noopener noreferrer">
          Source
        </a>
      )}
    </article>
  );
}
