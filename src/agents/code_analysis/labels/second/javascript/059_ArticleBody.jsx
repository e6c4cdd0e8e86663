import React, { useMemo } from 'react';
import PropTypes from 'prop-types';
import DOMPurify from 'dompurify';
import { marked } from 'marked';

const PURIFY = {
  ALLOWED_TAGS: ['p', 'em', 'strong', 'ul', 'ol', 'li', 'code', 'pre', 'blockquote', 'h2', 'h3'],
  ALLOWED_ATTR: [],
};

function renderMarkdown(source) {
  const html = marked.parse(source, { async: false, gfm: true });
  return DOMPurify.sanitize(html, PURIFY);
}

function safeHref(value) {
  try {
    const url = new URL(value);
    return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : null;
  } catch {
    return null;
  }
}

function SourceLink({ href, label }) {
  const target = safeHref(href);
  if (!target) {
    return <span>{label}</span>;
  }
  return (
    <a href={target} rel="noopener noreferrer" target="_blank">
      {label}
    </a>
  );
}

SourceLink.propTypes = { href: PropTypes.string, label: PropTypes.string.isRequired };

export default function ArticleBody({ article }) {
  const html = useMemo(() => renderMarkdown(article.markdown), [article.markdown]);

  return (
    <article>
      <header>
        <h1>{article.title}</h1>
        <SourceLink href={article.sourceUrl} label={article.sourceName} />
      </header>
      <div className="article-text" dangerouslySetInnerHTML={{ __html: html }} />
    </article>
  );
}

ArticleBody.propTypes = {
  article: PropTypes.shape({
    title: PropTypes.string.isRequired,
    markdown: PropTypes.string.isRequired,
    sourceUrl: PropTypes.string,
    sourceName: PropTypes.string,
  }).isRequired,
};
