import React, { useCallback, useEffect, useMemo, useState } from 'react';
import { marked } from 'marked';
import { api } from '../../lib/api';

interface Comment {
  id: string;
  author: { id: string; name: string };
  body: string;
  createdAt: string;
}

interface Props {
  articleId: string;
  pageSize?: number;
}

function useComments(articleId: string, pageSize: number) {
  const [comments, setComments] = useState<Comment[]>([]);
  const [page, setPage] = useState(0);
  const [done, setDone] = useState(false);

  useEffect(() => {
    let active = true;
    api
      .get<Comment[]>(`/articles/${encodeURIComponent(articleId)}/comments`, { params: { page, size: pageSize } })
      .then(({ data }) => {
        if (!active) return;
        setComments((prev) => (page === 0 ? data : [...prev, ...data]));
        setDone(data.length < pageSize);
      })
      .catch(() => active && setDone(true));
    return () => {
      active = false;
    };
  }, [articleId, page, pageSize]);

  const more = useCallback(() => setPage((p) => p + 1), []);
  return { comments, more, done };
}

const CommentBody: React.FC<{ markdown: string }> = ({ markdown }) => {
  const html = useMemo(() => marked.parse(markdown, { gfm: true, breaks: true }) as string, [markdown]);
  return <div className="comment__body" dangerouslySetInnerHTML={{ __html: html }} />;
};

export const CommentList: React.FC<Props> = ({ articleId, pageSize = 20 }) => {
  const { comments, more, done } = useComments(articleId, pageSize);
  return (
    <section aria-label="Comments">
      {comments.map((c) => (
        <article key={c.id} className="comment">
          <header>
            <strong>{c.author.name}</strong> <time dateTime={c.createdAt}>{new Date(c.createdAt).toLocaleString()}</time>
          </header>
          <CommentBody markdown={c.body} />
        </article>
      ))}
      {!done && <button onClick={more}>Load more</button>}
    </section>
  );
};
