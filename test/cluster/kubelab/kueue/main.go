// kueue is Kueue for the kinds of jobs that a worker sends.
package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	trainer "github.com/kubeflow/trainer/v2/pkg/apis/trainer/v1alpha1"
	admission "k8s.io/api/admissionregistration/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/component-base/cli"
	ctrl "sigs.k8s.io/controller-runtime"
	jobset "sigs.k8s.io/jobset/api/jobset/v1alpha2"
	kueueconfig "sigs.k8s.io/kueue/apis/config/v1beta2"
	kueue "sigs.k8s.io/kueue/apis/kueue/v1beta2"
	queuecache "sigs.k8s.io/kueue/pkg/cache/queue"
	schedulercache "sigs.k8s.io/kueue/pkg/cache/scheduler"
	"sigs.k8s.io/kueue/pkg/constants"
	queueconstants "sigs.k8s.io/kueue/pkg/controller/constants"
	"sigs.k8s.io/kueue/pkg/controller/core"
	"sigs.k8s.io/kueue/pkg/controller/core/indexer"
	"sigs.k8s.io/kueue/pkg/controller/jobframework"
	_ "sigs.k8s.io/kueue/pkg/controller/jobs/job"
	_ "sigs.k8s.io/kueue/pkg/controller/jobs/jobset"
	_ "sigs.k8s.io/kueue/pkg/controller/jobs/trainjob"
	"sigs.k8s.io/kueue/pkg/scheduler"
	preemptexpectations "sigs.k8s.io/kueue/pkg/scheduler/preemption/expectations"
	"sigs.k8s.io/kueue/pkg/webhooks"

	"kubelab/outside"
)

var frameworks = []string{"batch/job", "jobset.x-k8s.io/jobset", "trainer.kubeflow.org/trainjob"}

func main() {
	cli.Run(outside.NewCommand(outside.Project{
		Name: "kueue",
		AddToScheme: []func(*runtime.Scheme) error{
			clientgoscheme.AddToScheme, jobset.AddToScheme, trainer.AddToScheme, kueue.AddToScheme, kueueconfig.AddToScheme,
		},
		SetUp: setUp,
		Scope: scopeOf,
	}))
}

// setUp does what Kueue's own program does with its defaults.
func setUp(ctx context.Context, mgr ctrl.Manager) error {
	config := &kueueconfig.Configuration{}
	mgr.GetScheme().Default(config)
	config.Integrations.Frameworks = frameworks

	cache := schedulercache.New(mgr.GetClient())
	requeuer := queuecache.NewRequeuer()
	preemptions := preemptexpectations.New()
	queues := queuecache.NewManager(mgr.GetClient(), cache, requeuer, queuecache.WithPreemptionExpectations(preemptions))
	jobs := []jobframework.Option{
		jobframework.WithEnabledFrameworks(frameworks),
		jobframework.WithManagerName(constants.KueueName),
		jobframework.WithManagedJobsNamespaceSelector(labels.Everything()),
		jobframework.WithCache(cache),
		jobframework.WithQueues(queues),
	}
	if err := errors.Join(
		indexer.Setup(ctx, mgr.GetFieldIndexer()), jobframework.SetupIndexes(ctx, mgr.GetFieldIndexer(), jobs...),
	); err != nil {
		return err
	}
	if name, err := core.SetupControllers(mgr, queues, cache, config, nil, preemptions, nil); err != nil {
		return fmt.Errorf("controller of %s: %w", name, err)
	}
	if err := jobframework.SetupControllers(ctx, mgr, ctrl.Log.WithName("jobs"), jobs...); err != nil {
		return err
	}
	if name, err := webhooks.Setup(mgr, nil); err != nil {
		return fmt.Errorf("webhook of %s: %w", name, err)
	}
	go queues.CleanUpOnContext(ctx)
	go cache.CleanUpOnContext(ctx)
	recorder := mgr.GetEventRecorderFor(constants.AdmissionName)
	return errors.Join(
		mgr.Add(requeuer),
		mgr.Add(scheduler.New(queues, cache, mgr.GetClient(), recorder, scheduler.WithPreemptionExpectations(preemptions))),
	)
}

// scopeOf leaves alone what has no queue, so that no other test goes through Kueue.
func scopeOf(rules []admission.RuleWithOperations) (*meta.LabelSelector, bool) {
	if slices.Contains(rules[0].APIGroups, kueue.GroupVersion.Group) {
		return nil, true
	}
	isOurs := slices.ContainsFunc(rules[0].Resources, func(resource string) bool {
		return slices.Contains([]string{"jobs", "jobsets", "trainjobs"}, resource)
	})
	return outside.WithLabel(queueconstants.QueueLabel), isOurs
}
