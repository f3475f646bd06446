import './base.css';
import './chat.css';
import './completion.css';
import './rules.css';
import './settings.css';
import './run.css';
