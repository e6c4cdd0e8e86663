import React, { useEffect, useState } from 'react';
import PropTypes from 'prop-types';
import { useParams, Link } from 'react-router-dom';

function toParagraphs(text) {
  return text
    .split(/\n{2,}/)
    .map((part) => `<p>${part.replace(/\n/g, '<br/>')}</p>`)
    .join('');
}

function useProfile(name) {
  const [state, setState] = useState({ loading: true, profile: null, failed: false });

  useEffect(() => {
    const controller = new AbortController();
    setState({ loading: true, profile: null, failed: false });
    fetch(`/api/profiles/${encodeURIComponent(name)}`, { signal: controller.signal })
      .then((res) => {
        if (!res.ok) throw new Error(`status ${res.status}`);
        return res.json();
      })
      .then((profile) => setState({ loading: false, profile, failed: false }))
      .catch((err) => {
        if (err.name !== 'AbortError') {
          setState({ loading: false, profile: null, failed: true });
        }
      });
    return () => controller.abort();
  }, [name]);

  return state;
}

function Biography({ text }) {
  return (
    <section
      className="profile-bio"
      dangerouslySetInnerHTML={{ __html: toParagraphs(text) }}
    />
  );
}

Biography.propTypes = { text: PropTypes.string.isRequired };

export default function ProfileCard() {
  const { name } = useParams();
  const { loading, profile, failed } = useProfile(name);

  if (loading) return <p>Loading…</p>;
  if (failed) return <p role="alert">This profile is not available.</p>;

  return (
    <article className="profile">
      <h2>{profile.displayName}</h2>
      <small>member since {new Date(profile.since).getFullYear()}</small>
      {profile.bio && <Biography text={profile.bio} />}
      <Link to="/members">All members</Link>
    </article>
  );
}
