import { useEffect, useState } from 'react';

interface Article {
  id: string;
  title: string;
  author: string;
  html: string;
}

interface Props {
  articleId: string;
}

function tidy(html: string): string {
  return html.replace(/<script[\s\S]*?<\/script>/gi, '').trim();
}

export function ArticleView({ articleId }: Props) {
  const [article, setArticle] = useState<Article | null>(null);

  useEffect(() => {
    const controller = new AbortController();
    fetch(`/api/community/articles/${encodeURIComponent(articleId)}`, { signal: controller.signal })
      .then((response) => response.json())
      .then((data: Article) => setArticle(data))
      .catch(() => setArticle(null));
    return () => controller.abort();
  }, [articleId]);

  if (!article) {
    return <p>Loading…</p>;
  }
  const body = tidy(article.html);
  return (
    <article>
      <h1>{article.title}</h1>
      <p className="byline">by {article.author}</p>
      <div dangerouslySetInnerHTML={{ __html: body }} />
    </article>
  );
}
