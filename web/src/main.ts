import '@/styles/main.css'
import { createApp } from 'vue'
import App from '@/app/App.vue'
import { notify } from '@/app/notices'
import { route } from '@/app/router'
import { preload, screens } from '@/app/screens'
import { startLink } from '@/push/link'
import { startSettings } from '@/settings/settings'

preload(route.value.screen || screens[0].name)
startSettings()
startLink()
const app = createApp(App)
app.config.errorHandler = (error) => notify('error', error instanceof Error ? error.message : String(error))
app.mount('#app')
