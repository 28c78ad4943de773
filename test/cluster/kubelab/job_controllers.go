package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	trainerconfig "github.com/kubeflow/trainer/v2/pkg/apis/config/v1alpha1"
	trainer "github.com/kubeflow/trainer/v2/pkg/apis/trainer/v1alpha1"
	trainercontroller "github.com/kubeflow/trainer/v2/pkg/controller"
	trainerruntime "github.com/kubeflow/trainer/v2/pkg/runtime/core"
	trainerwebhooks "github.com/kubeflow/trainer/v2/pkg/webhooks"
	"github.com/spf13/cobra"
	admission "k8s.io/api/admissionregistration/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
	jobset "sigs.k8s.io/jobset/api/jobset/v1alpha2"
	jobsetcontrollers "sigs.k8s.io/jobset/pkg/controllers"
	jobsetwebhooks "sigs.k8s.io/jobset/pkg/webhooks"
	schedulerplugins "sigs.k8s.io/scheduler-plugins/apis/scheduling/v1alpha1"
	volcano "volcano.sh/apis/pkg/apis/scheduling/v1beta1"
)

// newJobControllersCommand runs the controllers and webhooks of JobSet and Kubeflow Trainer as their own programs do, but in one process
// outside the cluster: the API server reaches the webhooks at an address of this machine.
func newJobControllersCommand() *cobra.Command {
	var kubeconfig, manifests string
	cmd := &cobra.Command{
		Use:          "job-controllers",
		SilenceUsage: true,
		RunE: func(*cobra.Command, []string) error {
			ctrl.SetLogger(zap.New())
			config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
			if err != nil {
				return err
			}
			return runJobControllers(ctrl.SetupSignalHandler(), config, manifests)
		},
	}
	cmd.Flags().StringVar(&kubeconfig, "kubeconfig", "", "of an administrator")
	cmd.Flags().StringVar(&manifests, "manifests", "", "the folder with crds/ and webhooks/")
	return cmd
}

func runJobControllers(ctx context.Context, config *rest.Config, manifests string) error {
	crds := envtest.CRDInstallOptions{Paths: []string{filepath.Join(manifests, "crds")}, ErrorIfPathMissing: true}
	if _, err := envtest.InstallCRDs(config, crds); err != nil {
		return fmt.Errorf("installing the resource definitions: %w", err)
	}
	hooks := &envtest.WebhookInstallOptions{Paths: []string{filepath.Join(manifests, "webhooks")}}
	if err := hooks.PrepWithoutInstalling(); err != nil {
		return fmt.Errorf("reading the webhooks: %w", err)
	}
	defer hooks.Cleanup()
	nameApart(hooks)

	mgr, err := ctrl.NewManager(config, ctrl.Options{
		Scheme:  newScheme(),
		Metrics: metricsserver.Options{BindAddress: "0"},
		WebhookServer: webhook.NewServer(webhook.Options{
			Host: hooks.LocalServingHost, Port: hooks.LocalServingPort, CertDir: hooks.LocalServingCertDir,
		}),
	})
	if err != nil {
		return err
	}
	if err := errors.Join(setUpJobSet(ctx, mgr), setUpTrainer(ctx, mgr)); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- mgr.Start(ctx) }()
	if err := isListening(ctx, mgr.GetWebhookServer()); err != nil {
		return errors.Join(err, <-ended)
	}
	if err := hooks.Install(config); err != nil {
		return fmt.Errorf("installing the webhooks: %w", err)
	}
	return <-ended
}

func newScheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, jobset.AddToScheme, trainer.AddToScheme, trainerconfig.AddToScheme,
		schedulerplugins.AddToScheme, volcano.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return scheme
}

func setUpJobSet(ctx context.Context, mgr ctrl.Manager) error {
	if err := jobsetcontrollers.SetupJobSetIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	if err := jobsetcontrollers.SetupPodIndexes(ctx, mgr.GetFieldIndexer()); err != nil {
		return err
	}
	jobs := jobsetcontrollers.NewJobSetReconciler(mgr.GetClient(), mgr.GetScheme(), mgr.GetEventRecorder("jobset"))
	pods := jobsetcontrollers.NewPodReconciler(mgr.GetClient(), mgr.GetScheme(), mgr.GetEventRecorder("pod"))
	return errors.Join(jobs.SetupWithManager(mgr), pods.SetupWithManager(mgr), jobsetwebhooks.Setup(mgr))
}

func setUpTrainer(ctx context.Context, mgr ctrl.Manager) error {
	config := &trainerconfig.Configuration{}
	mgr.GetScheme().Default(config)
	runtimes, err := trainerruntime.New(ctx, mgr.GetClient(), mgr.GetFieldIndexer(), config)
	if err != nil {
		return err
	}
	if name, err := trainercontroller.SetupControllers(mgr, runtimes, controller.Options{}); err != nil {
		return fmt.Errorf("controller of %s: %w", name, err)
	}
	if name, err := trainerwebhooks.Setup(mgr, runtimes); err != nil {
		return fmt.Errorf("webhook of %s: %w", name, err)
	}
	return nil
}

// nameApart gives each configuration a name of its own, and JobSet's hooks of pods only the pods of JobSets: both projects leave that to
// their kustomizations.
func nameApart(hooks *envtest.WebhookInstallOptions) {
	ofJobSets := &meta.LabelSelector{
		MatchExpressions: []meta.LabelSelectorRequirement{{Key: jobset.JobSetNameKey, Operator: meta.LabelSelectorOpExists}},
	}
	for _, one := range hooks.MutatingWebhooks {
		one.Name = one.Webhooks[0].Name
		for i := range one.Webhooks {
			if isOfPods(one.Webhooks[i].Rules) {
				one.Webhooks[i].ObjectSelector = ofJobSets
			}
		}
	}
	for _, one := range hooks.ValidatingWebhooks {
		one.Name = one.Webhooks[0].Name
		for i := range one.Webhooks {
			if isOfPods(one.Webhooks[i].Rules) {
				one.Webhooks[i].ObjectSelector = ofJobSets
			}
		}
	}
}

func isOfPods(rules []admission.RuleWithOperations) bool {
	return len(rules) == 1 && len(rules[0].Resources) == 1 && rules[0].Resources[0] == "pods"
}

func isListening(ctx context.Context, server webhook.Server) error {
	isUp := server.StartedChecker()
	return wait.PollUntilContextTimeout(ctx, 100*time.Millisecond, time.Minute, true, func(context.Context) (bool, error) {
		return isUp(&http.Request{}) == nil, nil
	})
}
