import ArgumentParser
import Hummingbird
import ServiceLifecycle
import Web
@main struct M: ParsableCommand { func run() {} }
