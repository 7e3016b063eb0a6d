import './lib/start'
