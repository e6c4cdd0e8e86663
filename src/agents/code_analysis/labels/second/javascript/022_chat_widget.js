/* Embeddable support chat. Loaded by the host page as <script src=".../chat.js">. */
(function (window, document) {
  const FRAME_URL = 'https://chat.support.example/frame';
  const listeners = {};

  function on(type, handler) {
    listeners[type] = handler;
  }

  function createPanel() {
    const panel = document.createElement('div');
    panel.id = 'support-chat';
    panel.hidden = true;
    const log = document.createElement('div');
    log.className = 'support-chat-log';
    panel.appendChild(log);
    const frame = document.createElement('iframe');
    frame.src = FRAME_URL;
    frame.title = 'Support chat';
    panel.appendChild(frame);
    document.body.appendChild(panel);
    return { panel, log, frame };
  }

  function formatMessage(message) {
    const time = new Date().toLocaleTimeString();
    return (
      '<div class="entry"><span class="who">' +
      message.author +
      '</span><time>' +
      time +
      '</time><p>' +
      message.text +
      '</p></div>'
    );
  }

  function start() {
    const ui = createPanel();

    on('chat:open', () => {
      ui.panel.hidden = false;
    });
    on('chat:close', () => {
      ui.panel.hidden = true;
    });
    on('chat:message', (message) => {
      ui.log.insertAdjacentHTML('beforeend', formatMessage(message));
      ui.log.scrollTop = ui.log.scrollHeight;
    });

    window.addEventListener('message', (event) => {
      const data = event.data || {};
      const handler = typeof data.type === 'string' ? listeners[data.type] : null;
      if (handler) {
        handler(data.payload);
      }
    });
  }

  if (document.readyState === 'loading') {
    document.addEventListener('DOMContentLoaded', start);
  } else {
    start();
  }
})(window, document);
