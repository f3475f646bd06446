import './base.css';
import './chat.css';
import './completion.css';
import './settings.css';
import './run.css';
