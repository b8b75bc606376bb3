// What the tutorial's page does, in our words: absolute addresses, fetch for the settings,
// EventSource for motion, one WebSocket for the buttons. Replies are kept for the test.
window.replies = [];

const slider = document.getElementById('threshold');
const number = document.getElementById('threshold-value');

fetch('/config').then((response) => response.json()).then((config) => {
  slider.value = config.threshold;
  number.textContent = config.threshold;
});

slider.addEventListener('change', () => {
  number.textContent = slider.value;
  fetch('/config', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ threshold: parseInt(slider.value, 10) }),
  });
});

const events = new EventSource('/events');
events.addEventListener('motion', (event) => {
  const { ts, change } = JSON.parse(event.data);
  const item = document.createElement('li');
  item.textContent = `${new Date(ts * 1000).toLocaleTimeString()}: ${change}`;
  document.getElementById('events').prepend(item);
});

const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
const control = new WebSocket(`${scheme}://${location.host}/control`);
control.addEventListener('message', (event) => {
  console.log(event.data);
  window.replies.push(event.data);
});

const command = (cmd) => () => control.send(JSON.stringify({ cmd }));
document.getElementById('snap-btn').addEventListener('click', command('snapshot_now'));
document.getElementById('reset-btn').addEventListener('click', command('reset'));
